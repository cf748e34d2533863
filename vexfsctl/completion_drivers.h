// SPDX-License-Identifier: Apache-2.0
// The fixed part of the completion scripts: it walks the words before the cursor by the generated tables, and
// completes the word under it.
#pragma once

namespace vexfs::ctl {

inline constexpr const char* bash_driver = R"sh(_vexfsctl() {
    local cur=${COMP_WORDS[COMP_CWORD]} path='' kind='' word i args=0
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ -n $kind ]]; then
            kind=''
        elif [[ $word == -* ]]; then
            kind=$(_vexfsctl_option_kind "$path:$word")
        elif _vexfsctl_is_path "$path/$word"; then
            path+=/$word
        else
            args=$((args + 1))
        fi
    done
    if [[ -z $kind && $cur != -* ]]; then
        kind=$(_vexfsctl_argument_kind "$path:$((args + 1))")
    fi
    COMPREPLY=()
    case $kind in
        'words '*) mapfile -t COMPREPLY < <(compgen -W "${kind#words }" -- "$cur") ;;
        file) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
        directory) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
        collection | preset)
            mapfile -t COMPREPLY < <(compgen -W "$(vexfsctl -o plain "$kind" list 2>/dev/null | cut -f1)" -- "$cur")
            ;;
        profile)
            mapfile -t COMPREPLY < <(compgen -W "$(vexfsctl -o plain tuning list 2>/dev/null | cut -f1)" -- "$cur")
            ;;
        nothing) ;;
        *) mapfile -t COMPREPLY < <(compgen -W "$(_vexfsctl_words "$path" | cut -f1)" -- "$cur") ;;
    esac
}
complete -F _vexfsctl vexfsctl
)sh";

inline constexpr const char* zsh_driver = R"sh(_vexfsctl() {
    local path_='' kind='' word i args=0
    local -a lines
    for ((i = 2; i < CURRENT; i++)); do
        word=${words[i]}
        if [[ -n $kind ]]; then
            kind=''
        elif [[ $word == -* ]]; then
            kind=$(_vexfsctl_option_kind "$path_:$word")
        elif _vexfsctl_is_path "$path_/$word"; then
            path_+=/$word
        else
            args=$((args + 1))
        fi
    done
    if [[ -z $kind && ${words[CURRENT]} != -* ]]; then
        kind=$(_vexfsctl_argument_kind "$path_:$((args + 1))")
    fi
    case $kind in
        'words '*) lines=(${=kind#words }); compadd -a lines ;;
        file) _files ;;
        directory) _files -/ ;;
        collection | preset)
            lines=(${(f)"$(vexfsctl -o plain $kind list 2>/dev/null | cut -f1)"})
            compadd -a lines
            ;;
        profile)
            lines=(${(f)"$(vexfsctl -o plain tuning list 2>/dev/null | cut -f1)"})
            compadd -a lines
            ;;
        nothing) ;;
        *)
            lines=(${(f)"$(_vexfsctl_words "$path_")"})
            # _describe wants NAME:DESCRIPTION, with the colons of both escaped.
            lines=("${(@)lines//:/\\:}")
            lines=("${(@)lines/$'\t'/:}")
            _describe vexfsctl lines
            ;;
    esac
}
if [[ $funcstack[1] == _vexfsctl ]]; then
    _vexfsctl "$@"
else
    compdef _vexfsctl vexfsctl
fi
)sh";

inline constexpr const char* fish_driver = R"sh(function __vexfsctl_complete
    set -l path ''
    set -l kind ''
    set -l args 0
    for word in (commandline -opc)[2..-1]
        if test -n "$kind"
            set kind ''
        else if string match -q -- '-*' $word
            set kind (__vexfsctl_option_kind "$path:$word")
        else if __vexfsctl_is_path "$path/$word"
            set path "$path/$word"
        else
            set args (math $args + 1)
        end
    end
    set -l cur (commandline -ct)
    if test -z "$kind"; and not string match -q -- '-*' $cur
        set kind (__vexfsctl_argument_kind "$path:"(math $args + 1))
    end
    switch "$kind"
        case 'words *'
            string split ' ' -- (string replace 'words ' '' -- $kind)
        case file
            __fish_complete_path $cur
        case directory
            __fish_complete_directories $cur
        case collection preset
            vexfsctl -o plain $kind list 2>/dev/null | string replace -r '\t.*' ''
        case profile
            vexfsctl -o plain tuning list 2>/dev/null | string replace -r '\t.*' ''
        case nothing
        case '*'
            __vexfsctl_words "$path"
    end
end
complete -c vexfsctl -f -a '(__vexfsctl_complete)'
)sh";

}  // namespace vexfs::ctl
