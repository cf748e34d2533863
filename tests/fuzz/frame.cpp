// SPDX-License-Identifier: Apache-2.0
// A stream of any bytes is cut into requests and answered by a service with one small collection, which is
// the same for every input. Mutations often get a frame's right lengths.
#include <unistd.h>

#include <cstring>

#include "tests/fuzz/fuzz.h"
#include "vexfsd/requests/frame_reader.h"
#include "vexfsd/requests/service.h"

using namespace vexfs;
using namespace vexfs::fuzz;

namespace {

constexpr uint64_t request_bytes_max = 1 << 20;

Message line(std::string_view text) {
    Message message;
    message.header = decode_header(text).value();
    message.text = true;
    return message;
}

class Server {
  public:
    explicit Server(const Scratch& scratch) : store_(open(scratch / "data")), service_(*store_, {}) {}

    // All is as it was at the first input. Most inputs change nothing, and making a collection takes long.
    void reset() {
        if (collection_ && store_->names() == std::vector<std::string>{"docs"} &&
            store_->find("docs").value() == collection_ && collection_->schema() == schema_ &&
            collection_->info().generation == generation_ && collection_->info().indexed_points == 0)
            return;
        collection_.reset();
        for (const std::string& name : store_->names()) (void)store_->drop(name);
        for (const char* text : {R"({"op":"collection.create","collection":"docs","dimension":2,
                                     "metric":"euclidean","parameters":{"durability":"async"}})",
                                 R"({"op":"insert","collection":"docs","ids":[1,2,3],
                                     "vectors":[[1,0],[2,0],[3,0]],
                                     "metadata":[{"word":"one","n":1},{"word":"two","tags":["a"]},null]})"})
            require(answer(line(text)), "the collection can be made");
        collection_ = store_->find("docs").value();
        schema_ = collection_->schema();
        generation_ = collection_->info().generation;
    }

    // Whether the answer is ok.
    bool answer(const Message& request) {
        const Message reply = service_.handle(request, {geteuid(), getegid(), {}, false});
        require(reply.text == request.text, "text is answered by text");
        check(reply);
        return !error_of(reply);
    }

    // What a client is told must be readable, and whatever it sent is no fault of ours.
    static void check(const Message& reply) {
        const std::vector<std::byte> bytes = encode(reply);
        const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        const size_t prefix = reply.text ? 0 : frame_prefix_bytes;
        const auto header = decode_header(text.substr(prefix, text.size() - prefix - reply.body.size()));
        require(header.has_value(), "a reply's header can be read");
        const auto error = error_of(reply);
        if (!error) return require(arrays_of(reply).has_value(), "a reply's arrays can be read");
        require(!error->message.empty(), "an error is told");
        require(error->code != ErrorCode::internal, "no request makes the service fail");
    }

    static std::unique_ptr<Store> open(const std::string& directory) {
        StoreOptions options;
        options.directory = directory;
        options.index_threads = 1;
        options.background_indexing = false;
        return Store::open(options).value();
    }

  private:
    std::unique_ptr<Store> store_;
    Service service_;
    std::shared_ptr<Collection> collection_;  // "docs" as it was made
    Schema schema_;
    uint64_t generation_ = 0;
};

void serve(Server& server, std::span<const std::byte> input) {
    FrameReader reader;
    const auto answer = [&](RawMessage raw) {
        auto header = decode_header(raw.header);
        if (!header) return Server::check(error_message(header.error()));
        server.answer({std::move(*header), std::move(raw.body), raw.text, {}, {}, raw.lent});
    };
    if (auto whole = whole_frame(input, request_bytes_max)) answer(std::move(*whole));
    while (!input.empty() && !reader.failure()) {
        // In pieces, as a socket gives it.
        const size_t piece = std::min<size_t>(input.size(), 1 + static_cast<size_t>(input[0]));
        const size_t used = reader.feed(input.first(piece), request_bytes_max);
        require(used <= piece, "no more is taken than there is");
        require(used != 0 || reader.complete(), "something is taken until a message is complete");
        input = input.subspan(used);
        if (reader.complete()) answer(reader.take());
    }
    reader.end();
    if (reader.complete()) answer(reader.take());
    if (reader.failure()) Server::check(error_message(*reader.failure()));
}

// Where the header of a frame at the front ends, if there is one: it is an object in one line.
size_t header_bytes_of(std::string_view text) {
    int depth = 0;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '{') ++depth;
        if (text[i] == '}' && --depth <= 0) return i + 1;
    }
    return text.size();
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned random) {
    size = LLVMFuzzerMutate(data, size, max_size);
    const std::string_view text = text_of({data, size});
    if (random % 8 == 0 || size < frame_prefix_bytes || !text.starts_with("VXF2")) return size;
    const auto header_bytes = static_cast<uint32_t>(header_bytes_of(text.substr(frame_prefix_bytes)));
    const uint64_t body_bytes = size - frame_prefix_bytes - header_bytes;
    std::memcpy(data + 4, &header_bytes, sizeof header_bytes);
    std::memcpy(data + 8, &body_bytes, sizeof body_bytes);
    return size;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    // Left as it is at the end: what it uses may be gone before.
    static const Scratch scratch;
    static Server& server = *new Server(scratch);
    server.reset();
    serve(server, std::as_bytes(std::span(data, size)));
    return 0;
}
