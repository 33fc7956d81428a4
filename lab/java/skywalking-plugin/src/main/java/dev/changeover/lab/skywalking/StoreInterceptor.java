package dev.changeover.lab.skywalking;

import com.sun.net.httpserver.HttpExchange;
import java.lang.reflect.Method;
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

/** Continues the caller's trace from the `sw8` headers, or starts one. */
public final class StoreInterceptor implements InstanceMethodsAroundInterceptor {
    @Override
    public void beforeMethod(EnhancedInstance self, Method method, Object[] arguments, Class<?>[] types, MethodInterceptResult result) {
        HttpExchange exchange = (HttpExchange) arguments[0];
        ContextCarrier carrier = new ContextCarrier();
        for (CarrierItem item = carrier.items(); item.hasNext();) {
            item = item.next();
            item.setHeadValue(exchange.getRequestHeaders().getFirst(item.getHeadKey()));
        }
        AbstractSpan span = ContextManager.createEntrySpan(exchange.getRequestMethod() + ":" + exchange.getRequestURI().getPath(), carrier);
        Tags.URL.set(span, exchange.getRequestURI().toString());
        Tags.HTTP.METHOD.set(span, exchange.getRequestMethod());
        span.setComponent(ComponentsDefine.JDK_HTTP);
        SpanLayer.asHttp(span);
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
