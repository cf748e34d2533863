// SPDX-License-Identifier: Apache-2.0
// For CMake, which precompiles headers of a target for a source that includes them: main.cpp can't, as it
// includes Catch in a way of its own.
