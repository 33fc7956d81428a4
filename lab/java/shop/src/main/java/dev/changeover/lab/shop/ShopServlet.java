package dev.changeover.lab.shop;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/**
 * Every service of the shop. `GET /` answers {"service", "received": {trace headers}, "downstream": the next service's answer or null};
 * a downstream that fails makes 502. `GET /health` answers 200. Environment: SERVICE_NAME, DOWNSTREAM (http://host:port, may be empty).
 */
public class ShopServlet extends HttpServlet {
    private final String service = env("SERVICE_NAME", "unnamed");
    private final String downstream = env("DOWNSTREAM", "");
    private final DownstreamClient client = new DownstreamClient();

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.setContentType("application/json");
        response.setCharacterEncoding("UTF-8");
        if (request.getRequestURI().equals("/health")) {
            response.getWriter().write("{\"ok\":true}");
            return;
        }
        long start = System.nanoTime();
        String answer = answer(request, response);
        response.getWriter().write(answer);
        System.out.printf("%s GET %s -> %d in %d ms%n", service, request.getRequestURI(), response.getStatus(), (System.nanoTime() - start) / 1_000_000);
    }

    private String answer(HttpServletRequest request, HttpServletResponse response) {
        String received = "{\"sw8\":" + quote(request.getHeader("sw8")) + ",\"traceparent\":" + quote(request.getHeader("traceparent")) + "}";
        String next = "null";
        String error = "";
        if (!downstream.isEmpty()) {
            try {
                next = client.get(downstream + "/");
            } catch (IOException failure) {
                response.setStatus(502);
                error = ",\"error\":" + quote(failure.toString());
            }
        }
        return "{\"service\":" + quote(service) + ",\"received\":" + received + ",\"downstream\":" + next + error + "}";
    }

    private static String env(String name, String fallback) {
        String value = System.getenv(name);
        return value == null ? fallback : value;
    }

    private static String quote(String text) {
        return text == null ? "null" : "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }
}
