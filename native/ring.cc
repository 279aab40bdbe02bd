/* BPF ring buffers: on the event loop, or drained at once. */
#include "ring.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "arguments.h"
#include "build.h"
#include "error.h"
#include "libbpf_log.h"
#include "listener.h"

namespace postern {
namespace {

constexpr uint32_t kBatch = 1024;
/* What the callback answers to make libbpf stop after a record; never an error of its own. */
constexpr int kBatchFull = -ECANCELED;

/* Records on their way to JavaScript. */
struct Batch {
  napi_env env = nullptr;
  napi_value records = nullptr;
  uint32_t count = 0;
  uint32_t most = 0;

  static int add(void *context, void *data, size_t size) {
    Batch *batch = static_cast<Batch *>(context);
    napi_set_element(batch->env, batch->records, batch->count, make_buffer(batch->env, data, size));
    batch->count += 1;
    return batch->count < batch->most ? 0 : kBatchFull;
  }

  void start(napi_env of, uint32_t limit) {
    env = of;
    count = 0;
    most = limit;
    napi_create_array(env, &records);
  }
};

class RingListener : public Listener {
 public:
  ~RingListener() override {
    if (ring_ != nullptr) ring_buffer__free(ring_);
    if (map_ >= 0) ::close(map_);
  }

  /* libbpf keeps using the map's descriptor: it gets one of its own. Returns 0 or an errno. */
  int open(int map) {
    map_ = fcntl(map, F_DUPFD_CLOEXEC, 0);
    if (map_ < 0) return errno;
    ring_ = ring_buffer__new(map_, Batch::add, &batch_, nullptr);
    return ring_ == nullptr ? errno : 0;
  }

  /* The event loop watches a duplicate, so that its end and that of the ring do not depend on each other. */
  int watched() const { return fcntl(ring_buffer__epoll_fd(ring_), F_DUPFD_CLOEXEC, 0); }

  using Listener::keep;

 protected:
  /* One batch a turn: what is left makes the descriptor readable again, and others have their turn meanwhile. */
  void on_readable() override {
    batch_.start(env(), kBatch);
    int result = ring_buffer__consume(ring_);
    if (batch_.count > 0) call(0, 1, &batch_.records);
    if (result >= 0 || result == kBatchFull || closing()) return;
    raise(make_error(env(), -result, "ring_buffer__consume", "ring buffer"));
  }

 private:
  int map_ = -1;
  struct ring_buffer *ring_ = nullptr;
  Batch batch_;
};

}  // namespace

napi_value ring_open(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "ringOpen");
  int map = args.fd(0, "map");
  napi_value callback = args.function(1, "onRecords");
  if (args.failed()) return nullptr;
  LibbpfLog log;
  RingListener *listener = new RingListener();
  int error = listener->open(map);
  int fd = error == 0 ? listener->watched() : -1;
  if (error == 0 && fd < 0) error = errno;
  if (error != 0) {
    delete listener;
    return throw_errno(env, error, "ring_buffer__new", "fd " + std::to_string(map), log.text());
  }
  listener->keep(env, callback);
  return Listener::start(listener, env, fd, "postern.ring");
}

napi_value ring_drain(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "ringDrain");
  int map = args.fd(0, "map");
  if (args.failed()) return nullptr;
  LibbpfLog log;
  Batch batch;
  struct ring_buffer *ring = ring_buffer__new(map, Batch::add, &batch, nullptr);
  if (ring == nullptr) return throw_errno(env, errno, "ring_buffer__new", "fd " + std::to_string(map), log.text());
  batch.start(env, UINT32_MAX);
  int result = ring_buffer__consume(ring);
  ring_buffer__free(ring);
  return result < 0 ? throw_errno(env, -result, "ring_buffer__consume", "fd " + std::to_string(map)) : batch.records;
}

}  // namespace postern
