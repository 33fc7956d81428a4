package dev.changeover.lab.skywalking;

import org.apache.skywalking.apm.agent.core.plugin.interceptor.ConstructorInterceptPoint;
import org.apache.skywalking.apm.agent.core.plugin.interceptor.InstanceMethodsInterceptPoint;
import org.apache.skywalking.apm.agent.core.plugin.interceptor.enhance.ClassInstanceMethodsEnhancePluginDefine;
import org.apache.skywalking.apm.agent.core.plugin.match.ClassMatch;
import org.apache.skywalking.apm.agent.core.plugin.match.NameMatch;
import org.apache.skywalking.apm.dependencies.net.bytebuddy.description.method.MethodDescription;
import org.apache.skywalking.apm.dependencies.net.bytebuddy.matcher.ElementMatcher;
import org.apache.skywalking.apm.dependencies.net.bytebuddy.matcher.ElementMatchers;

/** Puts one interceptor around one method of one class: all this lab needs of the plugin interface. */
abstract class MethodInstrumentation extends ClassInstanceMethodsEnhancePluginDefine {
    private final String className;
    private final String methodName;
    private final String interceptor;

    MethodInstrumentation(String className, String methodName, String interceptor) {
        this.className = className;
        this.methodName = methodName;
        this.interceptor = interceptor;
    }

    @Override
    protected ClassMatch enhanceClass() {
        return NameMatch.byName(className);
    }

    @Override
    public ConstructorInterceptPoint[] getConstructorsInterceptPoints() {
        return new ConstructorInterceptPoint[0];
    }

    @Override
    public InstanceMethodsInterceptPoint[] getInstanceMethodsInterceptPoints() {
        return new InstanceMethodsInterceptPoint[] {
            new InstanceMethodsInterceptPoint() {
                @Override
                public ElementMatcher<MethodDescription> getMethodsMatcher() {
                    return ElementMatchers.named(methodName);
                }

                @Override
                public String getMethodsInterceptor() {
                    return interceptor;
                }

                @Override
                public boolean isOverrideArgs() {
                    return false;
                }
            },
        };
    }
}
