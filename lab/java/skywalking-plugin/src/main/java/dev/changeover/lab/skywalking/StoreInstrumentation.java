package dev.changeover.lab.skywalking;

/** Every request a service of the store handles becomes an entry span. */
public final class StoreInstrumentation extends MethodInstrumentation {
    public StoreInstrumentation() {
        super("dev.changeover.lab.store.StoreHandler", "handle", "dev.changeover.lab.skywalking.StoreInterceptor");
    }
}
