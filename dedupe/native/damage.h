// Which texts may need repair, as dedupe/text/damage.py defines it.
#pragma once

#include "text.h"

namespace dedupe {

// Whether a text of valid UTF-8 has a character, or two adjacent ones, that damaged text has.
bool may_need_repair(Text text);

}  // namespace dedupe
