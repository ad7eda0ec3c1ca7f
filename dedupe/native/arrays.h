// Arrays across the border to Python: checked views in, owned NumPy arrays out.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

namespace dedupe {

namespace nb = nanobind;

// A read-only C-contiguous array of exactly this type and number of dimensions; anything else is a TypeError.
template <typename T, std::size_t Dimensions>
using Input = nb::ndarray<const T, nb::ndim<Dimensions>, nb::c_contig, nb::device::cpu>;

template <typename T>
using Output = nb::ndarray<nb::numpy, T>;

// Hand the values over to NumPy without a copy; the product of the shape is their number.
template <typename T>
Output<T> to_numpy(std::vector<T>&& values, std::initializer_list<std::size_t> shape) {
    auto* kept = new std::vector<T>(std::move(values));
    nb::capsule owner(kept, [](void* pointer) noexcept { delete static_cast<std::vector<T>*>(pointer); });
    return Output<T>(kept->data(), shape, owner);
}

// The same for flags of one byte.
inline Output<bool> flags_to_numpy(std::vector<std::uint8_t>&& flags) {
    auto* kept = new std::vector<std::uint8_t>(std::move(flags));
    nb::capsule owner(kept, [](void* pointer) noexcept { delete static_cast<std::vector<std::uint8_t>*>(pointer); });
    return Output<bool>(reinterpret_cast<bool*>(kept->data()), {kept->size()}, owner);
}

}  // namespace dedupe
