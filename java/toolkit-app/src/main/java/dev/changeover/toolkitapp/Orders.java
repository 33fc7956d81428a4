package dev.changeover.toolkitapp;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;

/** A server of the JDK's own and one request to it: both are instrumented. In a class of its own, for a JDK without the server. */
final class Orders {
  private Orders() {}

  /** Handles one request by {@code handler}; the answer's status. */
  static int request(Runnable handler, String[] headers) throws IOException {
    HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", exchange -> {
      handler.run();
      exchange.sendResponseHeaders(204, -1);
      exchange.close();
    });
    server.start();
    try {
      return status(server.getAddress().getPort(), headers);
    } finally {
      server.stop(0);
    }
  }

  private static int status(int port, String[] headers) throws IOException {
    HttpURLConnection request = (HttpURLConnection) URI.create("http://127.0.0.1:" + port + "/orders").toURL().openConnection();
    for (String header : headers) {
      request.setRequestProperty(header.substring(0, header.indexOf('=')), header.substring(header.indexOf('=') + 1));
    }
    return request.getResponseCode();
  }
}
