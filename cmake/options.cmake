# The language, the warnings and the hardening that every target shares.

set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

option(TACIT_WERROR "Treat warnings as errors" ON)
set(TACIT_SANITIZE "" CACHE STRING "Sanitizers, such as address,undefined")
option(TACIT_FUZZ "Build the libFuzzer targets (clang)" OFF)
option(TACIT_COVERAGE "Count executed lines" OFF)

# Bugs are asserts, kept in release: NDEBUG is never set.
set(CMAKE_C_FLAGS_RELEASE "-O2 -g")
set(CMAKE_C_FLAGS_DEBUG "-O1 -g")

add_library(tacit_options INTERFACE)
target_compile_options(tacit_options INTERFACE
  -std=gnu2x -fno-common -fstack-protector-strong -Wall -Wextra -Wconversion
  -Wshadow -Wvla -Wswitch-enum -Wmissing-prototypes -Wstrict-prototypes
  -Wformat=2 $<$<BOOL:${TACIT_WERROR}>:-Werror>)
target_compile_definitions(tacit_options INTERFACE _GNU_SOURCE)
target_include_directories(tacit_options INTERFACE ${CMAKE_SOURCE_DIR})
target_link_options(tacit_options INTERFACE
  -Wl,-z,relro,-z,now -Wl,--as-needed)

if(TACIT_SANITIZE)
  target_compile_options(tacit_options INTERFACE
    -fsanitize=${TACIT_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(tacit_options INTERFACE -fsanitize=${TACIT_SANITIZE})
else()
  target_compile_options(tacit_options INTERFACE
    $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2>)
endif()
if(TACIT_FUZZ)
  target_compile_options(tacit_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
# Sanitizers and counts of coverage open files and make calls of their own.
if(TACIT_SANITIZE OR TACIT_COVERAGE)
  target_compile_definitions(tacit_options INTERFACE TACIT_UNCONFINED)
endif()
if(TACIT_COVERAGE)
  target_compile_options(tacit_options INTERFACE
    --coverage -fprofile-update=atomic)
  target_link_options(tacit_options INTERFACE --coverage)
endif()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

# tacit_library(NAME DEPENDS...) - one folder, one static library.
function(tacit_library name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC tacit_options ${ARGN})
endfunction()

# tacit_protobuf(TARGET DIR SCHEMA...) - generated code stays in the build tree.
function(tacit_protobuf target dir)
  foreach(schema ${ARGN})
    set(base ${CMAKE_BINARY_DIR}/generated/${dir}/${schema}.pb-c)
    add_custom_command(
      OUTPUT ${base}.c ${base}.h
      COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/generated
      COMMAND ${PROTOC_C} --c_out=${CMAKE_BINARY_DIR}/generated
        --proto_path=${CMAKE_SOURCE_DIR}
        ${CMAKE_SOURCE_DIR}/${dir}/${schema}.proto
      DEPENDS ${CMAKE_SOURCE_DIR}/${dir}/${schema}.proto)
    target_sources(${target} PRIVATE ${base}.c ${base}.h)
    # protoc-c's output is not ours to lint.
    set_source_files_properties(${base}.c PROPERTIES COMPILE_OPTIONS "-w")
  endforeach()
  target_include_directories(${target} PRIVATE ${CMAKE_BINARY_DIR}/generated)
endfunction()
