"""What the fixtures' scripts share: the numbers of tests/model/random.hpp, so that both sides have the same rows, and how
results stand in a .inc file."""

MASK = (1 << 64) - 1


def splitmix64(state):
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & MASK
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MASK
        yield z ^ (z >> 31)


def noise(random):
    """Normal as a sum of twelve, in steps of 2^-16."""
    return sum(next(random) >> 48 for _ in range(12)) - (6 << 16)


def cut(value, divisor):
    """Divides towards zero, as C++ does."""
    return abs(value) // divisor * (1 if value >= 0 else -1)


def digits(name, labels):
    text = "".join(str(label) for label in labels)
    lines = "\n".join(f'    "{text[i:i + 100]}"' for i in range(0, len(text), 100))
    return f"constexpr std::string_view {name} =\n{lines};\n"
