// The shapes of lines, as dedupe/text/layout.py and verse.py define them.
#pragma once

#include "text.h"

#include <cstdint>
#include <vector>

namespace dedupe {

// Bits of a shape, as in class Shape. `maybe_code` is not one of them: it asks for a second look at the line by itself.
enum Shape : std::uint16_t {
    code_shape = 1,
    table_shape = 2,
    list_shape = 4,
    dialogue_shape = 8,
    verse_shape = 16,
    form_shape = 32,
    answer_shape = 64,
    heading_shape = 128,
    maybe_code = 256,
};

// Append the shape of each line of a text of valid UTF-8, blank ones too.
void line_shapes(Text text, std::vector<std::uint16_t>& shapes);

}  // namespace dedupe
