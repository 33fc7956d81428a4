package dev.changeover.lab.store;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;

/** Every service of the store: one jar without a framework, ready a moment after its JVM. Environment: SERVICE_NAME. */
public final class Store {
    private Store() {}

    /** Serves `GET /` and `GET /health` on port 8080 until the process ends. */
    public static void main(String[] arguments) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(8080), 0);
        server.createContext("/", new StoreHandler(System.getenv("SERVICE_NAME")));
        server.setExecutor(Executors.newFixedThreadPool(4));
        server.start();
        System.out.println("listening on 8080");
    }
}
