// The Python face of the native kernel. It has the functions of dedupe/_reference.py, under their names and
// with their arguments; results of several parts are the classes defined there.

#include "arrays.h"
#include "bands.h"

#include <stdexcept>

namespace dedupe {
namespace {

Output<std::uint32_t> bind_band_keys(Input<std::uint32_t, 2> signatures, std::size_t bands, std::size_t rows) {
    const std::size_t count = signatures.shape(0), width = signatures.shape(1);
    if (rows != 0 && bands > width / rows) throw std::invalid_argument("more bands and rows than values in a signature");
    std::vector<std::uint32_t> keys(count * bands);
    {
        nb::gil_scoped_release unlocked;
        for (std::size_t i = 0; i < count; ++i)
            band_keys(signatures.data() + i * width, bands, rows, keys.data() + i * bands);
    }
    return to_numpy(std::move(keys), {count, bands});
}

}  // namespace
}  // namespace dedupe

NB_MODULE(_native, module) {
    using namespace nanobind::literals;
    module.attr("NAME") = "native";
    module.def("band_keys", &dedupe::bind_band_keys, "signatures"_a.noconvert(), "bands"_a, "rows"_a);
}
