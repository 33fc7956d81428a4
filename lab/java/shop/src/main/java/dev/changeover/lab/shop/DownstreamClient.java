package dev.changeover.lab.shop;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** Calls the next service of the chain. OpenTelemetry's agent traces HttpURLConnection itself, the lab's SkyWalking plugin traces `exchange`. */
public class DownstreamClient {
    /** GETs the URL and returns the body; throws when the answer is not 200. */
    public String get(String url) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
        connection.setConnectTimeout(2_000);
        connection.setReadTimeout(10_000);
        // One connection per request, so that calls spread over the pods behind the Service and none sticks to a pod that goes away.
        connection.setRequestProperty("Connection", "close");
        return exchange(connection);
    }

    /** Sends the request that was prepared and reads the answer. */
    public String exchange(HttpURLConnection connection) throws IOException {
        int status = connection.getResponseCode();
        if (status != 200) throw new IOException(connection.getURL() + " answered " + status);
        try (InputStream body = connection.getInputStream()) {
            return new String(body.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
