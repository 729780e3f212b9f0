# What we stand on, all of it from Debian.

find_package(PkgConfig REQUIRED)
pkg_check_modules(PROTOBUF_C REQUIRED IMPORTED_TARGET libprotobuf-c)
pkg_check_modules(SIGNAL REQUIRED IMPORTED_TARGET libsignal-protocol-c)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(OPENSSL REQUIRED IMPORTED_TARGET openssl)
pkg_check_modules(LIBUV REQUIRED IMPORTED_TARGET libuv)
pkg_check_modules(INIH REQUIRED IMPORTED_TARGET inih)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd)
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(QRENCODE REQUIRED IMPORTED_TARGET libqrencode)
pkg_check_modules(LMDB REQUIRED IMPORTED_TARGET lmdb)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
# Headers alone of these two: they are loaded when they are wanted, so that no
# other command waits for them.
pkg_check_modules(PWQUALITY REQUIRED pwquality)
pkg_check_modules(LIBSECRET libsecret-1)
find_program(PROTOC_C protoc-c REQUIRED)
if(BUILD_TESTING)
  pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
endif()

# libsignal exports an old copy of protobuf-c; ours has to be found first
# (docs/decisions/0002-link-order.md).
add_library(tacit_signal INTERFACE)
target_link_libraries(tacit_signal INTERFACE PkgConfig::PROTOBUF_C
  PkgConfig::SIGNAL)
