// Where lines and what is written in them begin and end, as dedupe/_reference.py defines it.
#pragma once

#include "text.h"

#include <cstdint>
#include <vector>

namespace dedupe {

// Append for each line of a text of valid UTF-8 where it begins and ends, in code points, and where what is written there
// does: both at its end if that is nothing.
void line_spans(Text text, std::vector<std::int64_t>& spans);

}  // namespace dedupe
