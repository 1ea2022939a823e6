#pragma once

#include <gtest/gtest.h>

// Long streams are there for scores and bytes. A sanitizer makes them up to fifty times slower and finds in them what
// it finds in the contract suites, which go the same ways: the first line of a test that takes such a stream.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WITHOUT_SANITIZER() GTEST_SKIP() << "a long stream, for scores and bytes"
#else
#define WITHOUT_SANITIZER() static_cast<void>(0)
#endif
