{
  "targets": [
    {
      "target_name": "postern",
      "sources": [
        "native/addon.cc",
        "native/arguments.cc",
        "native/build.cc",
        "native/descriptor.cc",
        "native/error.cc",
        "native/interface_name.cc",
        "native/libbpf_log.cc",
        "native/link.cc",
        "native/listener.cc",
        "native/map.cc",
        "native/map_batch.cc",
        "native/map_memory.cc",
        "native/netlink.cc",
        "native/netlink_receive.cc",
        "native/object.cc",
        "native/ring.cc",
        "native/struct_layout.cc",
        "native/tc.cc",
        "native/test_run.cc",
      ],
      "defines": ["NAPI_VERSION=8", "_GNU_SOURCE"],
      "cflags_cc": ["-std=c++17", "-Wall", "-Wextra", "-Wno-missing-field-initializers", "-fvisibility=hidden"],
      "variables": {
        # Debian's libbpf.a is not position-independent; `stderr` is the one symbol that stops it from going into a shared object.
        "libbpf%": "<!(${CC:-cc} -print-file-name=libbpf.a)",
      },
      "actions": [
        {
          "action_name": "libbpf_without_stderr",
          "inputs": ["<(libbpf)"],
          "outputs": ["<(INTERMEDIATE_DIR)/libbpf.a"],
          "action": ["objcopy", "--redefine-sym", "stderr=postern_stderr", "<(libbpf)", "<(INTERMEDIATE_DIR)/libbpf.a"],
        },
      ],
      "libraries": ["<(INTERMEDIATE_DIR)/libbpf.a", "-lelf", "-lz"],
      "ldflags": ["-Wl,--exclude-libs,ALL", "-Wl,-rpath,'$$ORIGIN'"],
    },
  ],
}
