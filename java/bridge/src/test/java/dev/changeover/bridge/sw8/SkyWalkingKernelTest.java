package dev.changeover.bridge.sw8;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.File;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import io.opentelemetry.sdk.resources.Resource;
import org.junit.jupiter.api.Test;

/** The published kernel of SkyWalking's agent reads what the bridge writes, and the other way round. */
class SkyWalkingKernelTest {
  private static final String PACKAGE = "org.apache.skywalking.apm.agent.core.context.";

  @Test
  void readsTheHeaderOfTheBridge() throws Exception {
    Identity.set(Resource.empty());
    String header = Sw8Header.print(Sw8HeaderTest.TRACE, SkyWalkingIds.segmentIdOf("b7ad6b7169203331"), Identity.current(), "GET /grüße", "stock:8080");

    try (URLClassLoader kernel = kernel()) {
      Object carrier = carrier(kernel, header);

      assertEquals(true, call(carrier, "isValid"));
      assertEquals(Sw8HeaderTest.TRACE, call(carrier, "getTraceId"));
      assertEquals("b7ad6b71692033310000000000000000", call(carrier, "getTraceSegmentId"));
      assertEquals(0, call(carrier, "getSpanId"));
      assertEquals("GET /grüße", call(carrier, "getParentEndpoint"));
      assertEquals("stock:8080", call(carrier, "getAddressUsedAtClient"));
    }
  }

  @Test
  void writesAHeaderTheBridgeReads() throws Exception {
    try (URLClassLoader kernel = kernel()) {
      Object carrier = carrier(kernel, Sw8HeaderTest.NATIVE);
      Object version = kernel.loadClass(PACKAGE + "ContextCarrier$HeaderVersion").getField("v3").get(null);
      Method serialize = carrier.getClass().getDeclaredMethod("serialize", version.getClass());
      serialize.setAccessible(true);

      Sw8Header header = Sw8Header.parse((String) serialize.invoke(carrier, version));

      assertEquals(Sw8HeaderTest.TRACE, header.traceId);
      assertEquals(Sw8HeaderTest.SEGMENT, header.segmentId);
      assertEquals(2, header.spanId);
      assertEquals("cart", header.service);
    }
  }

  private static URLClassLoader kernel() throws Exception {
    return new URLClassLoader(new URL[] {new File("target/agents/apm-agent.jar").toURI().toURL()}, null);
  }

  private static Object carrier(ClassLoader kernel, String header) throws Exception {
    Constructor<?> constructor = kernel.loadClass(PACKAGE + "ContextCarrier").getConstructor();
    Object carrier = constructor.newInstance();
    Class<?> versions = kernel.loadClass(PACKAGE + "ContextCarrier$HeaderVersion");
    Method deserialize = carrier.getClass().getDeclaredMethod("deserialize", String.class, versions);
    deserialize.setAccessible(true);
    deserialize.invoke(carrier, header, versions.getField("v3").get(null));
    return carrier;
  }

  private static Object call(Object target, String method) throws Exception {
    return target.getClass().getMethod(method).invoke(target);
  }
}
