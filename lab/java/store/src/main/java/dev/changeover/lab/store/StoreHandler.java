package dev.changeover.lab.store;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Answers every request with the service's name. OpenTelemetry's agent traces the server itself, the lab's SkyWalking plugin traces `handle`. */
public final class StoreHandler implements HttpHandler {
    private final byte[] answer;

    StoreHandler(String service) {
        answer = ("{\"service\":\"" + service + "\"}").getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, answer.length);
        try (OutputStream body = exchange.getResponseBody()) {
            body.write(answer);
        }
    }
}
