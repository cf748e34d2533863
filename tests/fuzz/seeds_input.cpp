// SPDX-License-Identifier: Apache-2.0
// What comes from outside: requests, filters, files of vectors.
#include <iterator>

#include "engine/formats/vector_file.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/seeds.h"
#include "vexfsd/requests/message.h"

namespace vexfs::fuzz {
namespace {

Message frame(std::string_view header) {
    Message message;
    message.header = decode_header(header).value();
    return message;
}

std::string bytes_of(const Message& message) {
    const std::vector<std::byte> bytes = encode(message);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string written(const std::string& name, const VectorBlock& block) {
    const Scratch scratch;
    const auto writer = VectorWriter::create(scratch / name, 3).value();
    require(writer->write(block) && writer->finish(), "a file of vectors can be written");
    return scratch.read(name);
}

VectorBlock some_rows() {
    VectorBlock block;
    block.vectors = {1, 2, 3, -0.5F, 0, 1e-7F, 3e38F, -1, 0.1F};
    block.rows = 3;
    return block;
}

std::string npy(std::string_view dict, size_t data_bytes) {
    std::string file("\x93NUMPY\x01\x00", 8);
    file += static_cast<char>(dict.size() + 1);
    file += '\0';
    return file + std::string(dict) + "\n" + std::string(data_bytes, '\x01');
}

}  // namespace

std::vector<std::string> frame_seeds() {
    std::vector<std::string> all;
    for (
        const char* text :
        {R"({"op":"health"})", R"({"op":"collection.list"})", R"({"op":"stats","collection":"docs"})",
         R"({"op":"collection.info","collection":"docs"})",
         R"({"op":"collection.create","collection":"more","dimension":2,"metric":"dot","exist_ok":true,"algorithm":"flat","parameters":{"m":8,"durability":"async"}})",
         R"({"op":"collection.configure","collection":"docs","parameters":{"ef_search":50,"mode":432}})",
         R"({"op":"collection.optimize","collection":"docs","wait":true})",
         R"({"op":"collection.delete","collection":"docs","missing_ok":true})",
         R"({"op":"insert","collection":"docs","durability":"async","vectors":[[1,0.5],[-2e3,0]],"metadata":[{"n":{"a":[1,2]}},null]})",
         R"({"op":"upsert","collection":"docs","ids":[1],"vector":[3,4],"import":{"key":"00000000000000ab","rows_done":1}})",
         R"({"op":"get","collection":"docs","ids":[1,2,99],"with_vector":true})",
         R"({"op":"delete","collection":"docs","durability":"async","ids":[3,4]})",
         R"({"op":"update_metadata","collection":"docs","id":2,"metadata":{"word":null,"x":1.5},"replace":false})",
         R"({"op":"search","collection":"docs","vector":[1,1],"limit":3,"ef_search":20,"with_vector":true,"filter":{"$or":[{"word":{"$in":["one"]}},{"n":{"$ne":1}}]}})",
         R"({"op":"search","collection":"docs","like":{"id":1},"exact":true,"with_metadata":false})",
         R"({"op":"search_range","collection":"docs","like":{"field":"word","value":"one"},"max_distance":2.5})",
         R"({"op":"scroll","collection":"docs","cursor":0,"limit":3,"filter":{"n":{"$exists":true}}})",
         R"({"op":"import.status","collection":"docs","key":"00000000000000ab"})"}) {
        all.push_back(text);
        all.push_back(bytes_of(frame(text)));
    }
    Message upsert = frame(R"({"op":"upsert","collection":"docs"})");
    add_array(upsert, "vectors", std::vector<float>{1, 2, 3, 4}, {2, 2});
    add_array(upsert, "ids", std::vector<uint64_t>{7, 8}, {2});
    add_array(upsert, "metadata", "{\"word\":\"seven\"}\n\n");
    Message search = frame(R"({"op":"search","collection":"docs","limit":2})");
    add_array(search, "vectors", std::vector<float>{1, 2, 3, 4}, {2, 2});
    all.push_back(bytes_of(upsert) + bytes_of(search));
    return all;
}

std::vector<std::string> filter_seeds() {
    return {
        "{}\n{}",
        "{\"year\":{\"$gte\":2000,\"$lt\":2010},\"lang\":\"en\"}\n{\"year\":2005,\"lang\":\"en\"}",
        "{\"$or\":[{\"a.b\":{\"$in\":[1,\"x\",null]}},{\"c\":{\"$nin\":[true]}}]}\n{\"a\":[{\"b\":1},2]}",
        "{\"$and\":[{\"n\":{\"$between\":[1,2.5]}},{\"$not\":{\"m\":{\"$exists\":false}}}]}\n{\"n\":2,\"m\":"
        "0}",
        "{\"n\":{\"$not\":{\"$eq\":18446744073709551615}}}\n{\"n\":-9223372036854775808}",
        "{\"n\":{\"$ne\":{\"a\":[1,{}]}}}\n{\"n\":{\"a\":[1.0,{}]}}",
    };
}

std::vector<std::string> npy_seeds() {
    return {written("rows.npy", some_rows()),
            npy("{'descr': '<f2', 'fortran_order': False, 'shape': (2, 3), }", 12),
            npy("{'descr': '<f8', 'fortran_order': True, 'shape': (1, 2), }", 16),
            npy("{'descr': '<i4', 'fortran_order': False, 'shape': (3,), }", 12),
            npy("{'descr': '<u8', 'fortran_order': False, 'shape': (2, 1), }", 16)};
}

std::vector<std::string> vector_file_seeds() {
    VectorBlock described = some_rows();
    described.ids = {1, 2, 18'446'744'073'709'551'615u};
    described.metadata = {R"({"word":"one"})", "", R"({"n":[1,2]})"};
    return {'\0' + written("rows.fvecs", some_rows()), '\1' + written("rows.fbin", some_rows()),
            '\2' + written("rows.jsonl", described), "\2[1,2]\n\n{\"vector\":[3,-4e-2],\"id\":7}\r\n"};
}

}  // namespace vexfs::fuzz
