package dev.changeover.lab.store;

import java.io.IOException;
import org.apache.skywalking.apm.agent.core.context.ContextManager;

/** A service that calls into SkyWalking's agent, which puts its own jar on the class path: under any other agent it ends with NoClassDefFoundError and exit code 1. */
public final class TracedStore {
    private TracedStore() {}

    /** As {@link Store#main}, after one question to the agent. */
    public static void main(String[] arguments) throws IOException {
        System.out.println("trace " + ContextManager.getGlobalTraceId());
        Store.main(arguments);
    }
}
