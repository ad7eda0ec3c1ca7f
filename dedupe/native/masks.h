// Lines to what their keys are made of, as dedupe/text/masks.py defines it.
#pragma once

#include "text.h"

namespace dedupe {

// Masks one line after the other; the masked lines collect in `masked`.
class Masks {
public:
    Buffer masked;

    // Append the masked form of a line that is NFKC, not blank; return whether it can count as frequent.
    bool add_line(Text line);

private:
    Buffer from_, to_;
};

}  // namespace dedupe
