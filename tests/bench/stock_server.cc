// What there was before: an empty handler on the unmodified httplib::SSLServer, with 64 threads, no
// limit on requests a connection and 120 s idle: stock_server CERTIFICATE KEY

#include <fmt/format.h>
#include <httplib.h>

#include <cstdio>
#include <limits>

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: {} CERTIFICATE KEY\n", argv[0]);
    return 2;
  }
  httplib::SSLServer server(argv[1], argv[2]);
  server.new_task_queue = [] { return new httplib::ThreadPool(64); };
  server.set_keep_alive_max_count(std::numeric_limits<std::size_t>::max());
  server.set_keep_alive_timeout(120);
  server.set_tcp_nodelay(true);
  server.Post("/validate", [](const httplib::Request&, httplib::Response& response) {
    response.set_content("{}", "application/json");
  });
  const int port = server.bind_to_any_port("127.0.0.1");
  if (port < 0) {
    fmt::print(stderr, "cannot listen on 127.0.0.1\n");
    return 3;
  }
  fmt::print(stderr, "{{\"msg\":\"listening\",\"address\":\"127.0.0.1:{}\"}}\n", port);
  return server.listen_after_bind() ? 0 : 1;
}
