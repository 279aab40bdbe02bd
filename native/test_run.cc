/* Running a program on a given packet. */
#include "test_run.h"

#include <bpf/bpf.h>
#include <errno.h>

#include <vector>

#include "arguments.h"
#include "build.h"
#include "error.h"

namespace postern {
namespace {

/* How much a program may add to the packet before the run fails with ENOSPC. */
constexpr size_t kGrowth = 4096;
/* Room for struct __sk_buff, which grows from kernel to kernel. */
constexpr size_t kContext = 1024;

}  // namespace

napi_value test_run(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "testRun");
  int program = args.fd(0, "program");
  napi_value given = args.at(1);
  Bytes data = args.Reader::bytes(args.field(given, "data"), "data");
  napi_value context_value = args.field(given, "context");
  napi_value repeat_value = args.field(given, "repeat");
  napi_value output_value = args.field(given, "output");
  Bytes context;
  if (!args.Reader::absent(context_value)) context = args.Reader::bytes(context_value, "context");
  int32_t repeat = args.Reader::absent(repeat_value) ? 1 : args.Reader::i32(repeat_value, "repeat");
  bool output = !args.Reader::absent(output_value) && args.Reader::boolean(output_value, "output");
  if (args.failed()) return nullptr;

  std::vector<uint8_t> data_out(output ? data.size + kGrowth : 0);
  std::vector<uint8_t> context_out(output && context.size > 0 ? kContext : 0);
  LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = data.data, .data_out = output ? data_out.data() : nullptr,
              .data_size_in = static_cast<uint32_t>(data.size), .data_size_out = static_cast<uint32_t>(data_out.size()),
              .ctx_in = context.size > 0 ? context.data : nullptr,
              .ctx_out = context_out.empty() ? nullptr : context_out.data(),
              .ctx_size_in = static_cast<uint32_t>(context.size),
              .ctx_size_out = static_cast<uint32_t>(context_out.size()), .repeat = repeat);
  if (bpf_prog_test_run_opts(program, &run) != 0)
    return throw_errno(env, errno, "BPF_PROG_TEST_RUN", "program fd " + std::to_string(program));

  ObjectBuilder result(env);
  result.number("returnValue", run.retval).number("duration", run.duration);
  if (output) result.field("data", make_buffer(env, data_out.data(), run.data_size_out));
  if (!context_out.empty()) result.field("context", make_buffer(env, context_out.data(), run.ctx_size_out));
  return result.value();
}

}  // namespace postern
