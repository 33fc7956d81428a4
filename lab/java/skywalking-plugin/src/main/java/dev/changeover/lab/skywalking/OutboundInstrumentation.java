package dev.changeover.lab.skywalking;

/** Every call the demo application makes to another service becomes an exit span. */
public final class OutboundInstrumentation extends MethodInstrumentation {
    public OutboundInstrumentation() {
        super("dev.changeover.lab.shop.DownstreamClient", "exchange", "dev.changeover.lab.skywalking.OutboundInterceptor");
    }
}
