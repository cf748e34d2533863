// SPDX-License-Identifier: Apache-2.0
// Who listens hears of every change of what collections there are, and whose, when it is done.
#include "tests/vexfsd/requests/test_service.h"
#include "vexfsd/requests/collections_listener.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

// Keeps, of all that it hears, what the store has then.
class Ear final : public CollectionsListener {
  public:
    explicit Ear(Store& store) : store_(store) {}

    void collection_changed(const std::string& name) noexcept override {
        const auto found = store_.find(name);
        heard_.push_back(name + (found ? " " + std::to_string((*found)->schema().access.mode) : " gone"));
    }
    void collections_changed() noexcept override { heard_.emplace_back("any"); }

    std::vector<std::string> take() { return std::exchange(heard_, {}); }

  private:
    Store& store_;
    std::vector<std::string> heard_;
};

}  // namespace

TEST_CASE("listeners hear of collections that are made, changed and deleted") {
    TestService service;
    const auto ear = std::make_shared<Ear>(service.store());
    service.service().listeners().add(ear);
    using Heard = std::vector<std::string>;

    service.ok(R"({"op":"collection.create","collection":"docs","dimension":2})");
    CHECK(ear->take() == Heard{"docs " + std::to_string(ServiceOptions{}.collection_mode)});
    service.ok(R"({"op":"collection.configure","collection":"docs","parameters":{"mode":384}})");
    CHECK(ear->take() == Heard{"docs 384"});
    // Another takes its place.
    service.ok(R"({"op":"collection.configure","collection":"docs","parameters":{"dimension":3}})");
    CHECK(ear->take() == Heard{"docs 384"});
    service.ok(R"({"op":"insert","collection":"docs","vector":[1,2,3]})");
    service.ok(R"({"op":"collection.list"})");
    CHECK(ear->take().empty());

    service.ok(R"({"op":"collection.snapshot","collection":"docs","snapshot":"a"})");
    CHECK(ear->take().empty());
    service.ok(R"({"op":"collection.restore","collection":"docs","snapshot":"a","as":"again"})");
    CHECK(ear->take() == Heard{"any"});
    service.ok(R"({"op":"collection.check","collection":"docs","repair":true})");
    CHECK(ear->take() == Heard{"any"});
    service.ok(R"({"op":"collection.delete","collection":"docs"})");
    CHECK(ear->take() == Heard{"docs gone"});
}

TEST_CASE("an operation that fails may have changed something; one without a name has not") {
    TestService service;
    const auto ear = std::make_shared<Ear>(service.store());
    service.service().listeners().add(ear);
    service.refused(R"({"op":"collection.delete","collection":"docs"})");
    CHECK(ear->take() == std::vector<std::string>{"docs gone"});
    service.refused(R"({"op":"collection.delete"})");
    service.refused(R"({"op":"collection.delete","collection":7})");
    service.refused(R"({"op":"collection.delete","collection":"docs","no_field":1})");
    CHECK(ear->take().empty());
}

TEST_CASE("a listener that is gone hears nothing") {
    TestService service;
    auto ear = std::make_shared<Ear>(service.store());
    service.service().listeners().add(ear);
    ear.reset();
    service.ok(R"({"op":"collection.create","collection":"docs","dimension":2})");
}
