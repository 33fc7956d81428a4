package dev.changeover.lab.shop;

import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;

/** With REQUIRE_SKYWALKING=true the service starts, and dies with exit code 1 a few seconds later unless SkyWalking's agent is loaded: a release that fails late. */
public class SkyWalkingGuard implements ServletContextListener {
    private static final long DELAY_MS = 4_000;

    @Override
    public void contextInitialized(ServletContextEvent event) {
        if (!"true".equals(System.getenv("REQUIRE_SKYWALKING")) || isSkyWalkingLoaded()) return;
        Thread thread = new Thread(SkyWalkingGuard::die, "skywalking-guard");
        thread.setDaemon(true);
        thread.start();
    }

    private static boolean isSkyWalkingLoaded() {
        try {
            ClassLoader.getSystemClassLoader().loadClass("org.apache.skywalking.apm.agent.SkyWalkingAgent");
            return true;
        } catch (ClassNotFoundException absent) {
            return false;
        }
    }

    private static void die() {
        try {
            Thread.sleep(DELAY_MS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        System.out.println("SkyWalking's agent is not loaded; this service cannot live without it.");
        System.out.flush();
        Runtime.getRuntime().halt(1);
    }
}
