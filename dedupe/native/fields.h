// Where a field of JSON objects is, as dedupe/_reference.py defines it.
#pragma once

#include "text.h"

#include <cstdint>
#include <vector>

namespace dedupe {

// Append the first and the last offset of the string, quotes included, that a row has under `name` at its top; -1 twice
// where it has none. Throws std::invalid_argument where a string does not end.
void locate_field(Text row, Text name, std::vector<std::int64_t>& spans);

}  // namespace dedupe
