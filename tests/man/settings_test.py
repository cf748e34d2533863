# SPDX-License-Identifier: Apache-2.0
"""vexfsd.toml.5 and the installed vexfsd.toml against the keys and presets that the program knows."""
import json
import re
import tomllib
import unittest

from pages import SOURCE_DIR, page, source
from programs import json_of


def settings():
    return json_of("config", "show")["settings"]


def summary(setting):
    """The line that a key is described with: type, range, default, and when a change takes effect."""
    text = setting["type"]
    if setting["range"]:
        text += (", one of " if setting["type"] == "name" else ", ") + setting["range"]
    return f"{text}; default {json.dumps(setting['default'])}; {setting['applies']}."


class Settings(unittest.TestCase):
    def test_every_key_is_described_as_the_program_has_it(self):
        described = {}
        lines = page("vexfsd.toml.5").section("DESCRIPTION")
        for title in lines.subsections():
            section = lines.subsection(title)
            for key in section.items("Va"):
                described[f"{title.strip('[]')}.{key}"] = section.after_item(f"Va {key}")
        self.assertEqual(described, {setting["key"]: summary(setting) for setting in settings()})

    def test_the_installed_file_shows_every_key_with_the_value_built_in(self):
        text = source("config/vexfsd.toml")
        shown = tomllib.loads(re.sub(r"^#(?=\w+ = )", "", text, flags=re.MULTILINE))
        set_there = tomllib.loads(text)
        values = {f"{section}.{key}": value for section, keys in shown.items() for key, value in keys.items()}
        self.assertEqual(set(values), {setting["key"] for setting in settings()})
        for setting in settings():
            section, key = setting["key"].split(".")
            if key not in set_there.get(section, {}):
                self.assertEqual(values[setting["key"]], setting["default"], setting["key"])

    def test_the_installed_presets_are_listed(self):
        listed = page("vexfsd.toml.5").section("PRESETS").rows()
        presets = json_of("preset", "list")["presets"]
        self.assertCountEqual(listed, [[preset["name"], preset["algorithm"], str(preset["target_recall"]),
                                        preset["description"]] for preset in presets])

    def test_the_installed_profiles_are_listed(self):
        listed = page("vexfsd.toml.5").section("PROFILES").rows()
        profiles = json_of("tuning", "list")["profiles"]
        self.assertCountEqual(listed, [[profile["name"], profile["description"]] for profile in profiles])

    def test_the_installed_rules_of_alerts_are_listed(self):
        listed = page("vexfsd.toml.5").section("ALERTS").rows()
        files = (SOURCE_DIR / "config/alerts").glob("*.toml")
        rules = [(file.stem, tomllib.loads(file.read_text())) for file in files]
        self.assertCountEqual(listed, [[name, rule["severity"],
                                        f"{rule['metric']} {rule['condition']} {rule['threshold']}"]
                                       for name, rule in rules])


if __name__ == "__main__":
    unittest.main()
