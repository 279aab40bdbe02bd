/* A descriptor watched by the event loop, and the JavaScript object that ends the watching. */
#pragma once

#include <node_api.h>
#include <uv.h>

#include <memory>
#include <vector>

namespace postern {

/*
 * Lives until its handle has been closed: by the JavaScript object's close(), or by the end of its environment. It keeps
 * the event loop alive meanwhile. A subclass may be closed while it calls back: it looks at `closing()` afterwards.
 */
class Listener {
 public:
  /* Takes over `fd`. Returns the JavaScript object, or nullptr with an error thrown and the listener deleted. */
  static napi_value start(Listener *listener, napi_env env, int fd, const char *name);

  virtual ~Listener();
  Listener(const Listener &) = delete;
  Listener &operator=(const Listener &) = delete;

 protected:
  Listener() = default;

  /* Something can be read, or the descriptor is in error. */
  virtual void on_readable() = 0;

  napi_env env() const { return env_; }
  int fd() const { return fd_; }
  bool closing() const { return closing_; }
  /* Keep a function for later calls; its number is its place. */
  void keep(napi_env env, napi_value function);
  /* Call a kept function; what it throws becomes an uncaught exception. */
  void call(size_t function, size_t count, const napi_value *arguments);
  /* Hand an error to the uncaught exception handler. */
  void raise(napi_value error);

 private:
  static napi_value close_from_script(napi_env env, napi_callback_info info);
  static void close_at_exit(napi_async_cleanup_hook_handle hook, void *listener);
  void close();

  napi_env env_ = nullptr;
  int fd_ = -1;
  bool closing_ = false;
  uv_poll_t poll_ = {};
  napi_async_context context_ = nullptr;
  napi_async_cleanup_hook_handle hook_ = nullptr;
  std::vector<napi_ref> functions_;
  /* Shared with the JavaScript object, which may outlive the listener; null once it closes. */
  std::shared_ptr<Listener *> alive_;
};

}  // namespace postern
