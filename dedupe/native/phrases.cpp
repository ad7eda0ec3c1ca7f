#include "phrases.h"

namespace dedupe {

PhraseForms phrase_forms(const std::vector<Text>& texts) {
    PhraseForms forms;
    forms.offsets.reserve(texts.size() + 1);
    PhraseParts parts;
    for (const Text text : texts) {
        const bool is_ascii = unicode::is_ascii(text);
        const std::size_t start = forms.buffer.size();
        each_word(parts.composed(text, is_ascii), is_ascii, [&](Text word) {
            parts.any(word, is_ascii, [&](Text part) {
                if (forms.buffer.size() != start) forms.buffer.push(' ');
                forms.buffer.append(part);
                return false;
            });
        });
        forms.offsets.push_back(static_cast<std::int64_t>(forms.buffer.size()));
    }
    return forms;
}

}  // namespace dedupe
