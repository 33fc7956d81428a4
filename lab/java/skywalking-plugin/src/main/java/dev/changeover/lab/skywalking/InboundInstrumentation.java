package dev.changeover.lab.skywalking;

/** Every request Tomcat hands to a host becomes an entry span. */
public final class InboundInstrumentation extends MethodInstrumentation {
    public InboundInstrumentation() {
        super("org.apache.catalina.core.StandardHostValve", "invoke", "dev.changeover.lab.skywalking.InboundInterceptor");
    }
}
