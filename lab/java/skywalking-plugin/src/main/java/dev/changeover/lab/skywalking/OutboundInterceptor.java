package dev.changeover.lab.skywalking;

import java.lang.reflect.Method;
import java.net.HttpURLConnection;
import java.net.URL;
import org.apache.skywalking.apm.agent.core.context.CarrierItem;
import org.apache.skywalking.apm.agent.core.context.ContextCarrier;
import org.apache.skywalking.apm.agent.core.context.ContextManager;
import org.apache.skywalking.apm.agent.core.context.tag.Tags;
import org.apache.skywalking.apm.agent.core.context.trace.AbstractSpan;
import org.apache.skywalking.apm.agent.core.context.trace.SpanLayer;
import org.apache.skywalking.apm.agent.core.plugin.interceptor.enhance.EnhancedInstance;
import org.apache.skywalking.apm.agent.core.plugin.interceptor.enhance.InstanceMethodsAroundInterceptor;
import org.apache.skywalking.apm.agent.core.plugin.interceptor.enhance.MethodInterceptResult;
import org.apache.skywalking.apm.network.trace.component.ComponentsDefine;

/** Puts the `sw8` headers on the connection before it is used. */
public final class OutboundInterceptor implements InstanceMethodsAroundInterceptor {
    @Override
    public void beforeMethod(EnhancedInstance self, Method method, Object[] arguments, Class<?>[] types, MethodInterceptResult result) {
        HttpURLConnection connection = (HttpURLConnection) arguments[0];
        URL url = connection.getURL();
        int port = url.getPort() == -1 ? url.getDefaultPort() : url.getPort();
        ContextCarrier carrier = new ContextCarrier();
        AbstractSpan span = ContextManager.createExitSpan(url.getPath(), carrier, url.getHost() + ":" + port);
        Tags.URL.set(span, url.toString());
        Tags.HTTP.METHOD.set(span, connection.getRequestMethod());
        span.setComponent(ComponentsDefine.JDK_HTTP);
        SpanLayer.asHttp(span);
        for (CarrierItem item = carrier.items(); item.hasNext();) {
            item = item.next();
            connection.setRequestProperty(item.getHeadKey(), item.getHeadValue());
        }
    }

    @Override
    public Object afterMethod(EnhancedInstance self, Method method, Object[] arguments, Class<?>[] types, Object result) {
        ContextManager.stopSpan();
        return result;
    }

    @Override
    public void handleMethodException(EnhancedInstance self, Method method, Object[] arguments, Class<?>[] types, Throwable error) {
        ContextManager.activeSpan().log(error).errorOccurred();
    }
}
