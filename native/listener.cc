/* A descriptor watched by the event loop, and the JavaScript object that ends the watching. */
#include "listener.h"

#include <unistd.h>

#include "build.h"
#include "error.h"

namespace postern {

using Alive = std::shared_ptr<Listener *>;

napi_value Listener::start(Listener *listener, napi_env env, int fd, const char *name) {
  uv_loop_t *loop = nullptr;
  listener->env_ = env;
  listener->fd_ = fd;
  napi_get_uv_event_loop(env, &loop);
  if (int error = uv_poll_init(loop, &listener->poll_, fd)) {
    delete listener;
    return throw_errno(env, -error, "uv_poll_init", name);
  }
  listener->poll_.data = listener;
  napi_async_init(env, nullptr, make_text(env, name), &listener->context_);
  napi_add_async_cleanup_hook(env, close_at_exit, listener, &listener->hook_);
  listener->alive_ = std::make_shared<Listener *>(listener);
  uv_poll_start(&listener->poll_, UV_READABLE, [](uv_poll_t *poll, int, int) {
    Listener *self = static_cast<Listener *>(poll->data);
    napi_handle_scope scope = nullptr;
    napi_open_handle_scope(self->env_, &scope);
    self->on_readable();
    napi_close_handle_scope(self->env_, scope);
  });

  napi_value function = nullptr;
  Alive *shared = new Alive(listener->alive_);
  napi_create_function(env, "close", NAPI_AUTO_LENGTH, close_from_script, shared, &function);
  napi_add_finalizer(
      env, function, shared, [](napi_env, void *data, void *) { delete static_cast<Alive *>(data); }, nullptr, nullptr);
  return ObjectBuilder(env).field("close", function).value();
}

Listener::~Listener() {
  for (napi_ref function : functions_) napi_delete_reference(env_, function);
  if (context_ != nullptr) napi_async_destroy(env_, context_);
  if (fd_ >= 0) ::close(fd_);
}

napi_value Listener::close_from_script(napi_env env, napi_callback_info info) {
  void *data = nullptr;
  napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data);
  Listener *listener = **static_cast<Alive *>(data);
  if (listener != nullptr) listener->close();
  return nullptr;
}

void Listener::close_at_exit(napi_async_cleanup_hook_handle, void *listener) {
  static_cast<Listener *>(listener)->close();
}

void Listener::close() {
  if (closing_) return;
  closing_ = true;
  *alive_ = nullptr;
  uv_close(reinterpret_cast<uv_handle_t *>(&poll_), [](uv_handle_t *handle) {
    Listener *self = static_cast<Listener *>(handle->data);
    napi_async_cleanup_hook_handle hook = self->hook_;
    napi_handle_scope scope = nullptr;
    napi_env env = self->env_;
    napi_open_handle_scope(env, &scope);
    delete self;
    napi_close_handle_scope(env, scope);
    /* Last: at the end of an environment nothing of it may be used after the hook is gone. */
    napi_remove_async_cleanup_hook(hook);
  });
}

void Listener::keep(napi_env env, napi_value function) {
  napi_ref reference = nullptr;
  env_ = env;
  napi_create_reference(env, function, 1, &reference);
  functions_.push_back(reference);
}

void Listener::call(size_t function, size_t count, const napi_value *arguments) {
  napi_value callee = nullptr, receiver = nullptr, error = nullptr;
  napi_get_reference_value(env_, functions_[function], &callee);
  napi_get_global(env_, &receiver);
  if (napi_make_callback(env_, context_, receiver, callee, count, arguments, nullptr) != napi_pending_exception) return;
  napi_get_and_clear_last_exception(env_, &error);
  raise(error);
}

void Listener::raise(napi_value error) { napi_fatal_exception(env_, error); }

}  // namespace postern
