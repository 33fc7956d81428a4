package dev.changeover.lab.skywalking;

import java.lang.reflect.Method;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
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
public final class InboundInterceptor implements InstanceMethodsAroundInterceptor {
    @Override
    public void beforeMethod(EnhancedInstance self, Method method, Object[] arguments, Class<?>[] types, MethodInterceptResult result) {
        Request request = (Request) arguments[0];
        ContextCarrier carrier = new ContextCarrier();
        for (CarrierItem item = carrier.items(); item.hasNext();) {
            item = item.next();
            item.setHeadValue(request.getHeader(item.getHeadKey()));
        }
        AbstractSpan span = ContextManager.createEntrySpan(request.getMethod() + ":" + request.getRequestURI(), carrier);
        Tags.URL.set(span, request.getRequestURL().toString());
        Tags.HTTP.METHOD.set(span, request.getMethod());
        span.setComponent(ComponentsDefine.TOMCAT);
        SpanLayer.asHttp(span);
    }

    @Override
    public Object afterMethod(EnhancedInstance self, Method method, Object[] arguments, Class<?>[] types, Object result) {
        int status = ((Response) arguments[1]).getStatus();
        AbstractSpan span = ContextManager.activeSpan();
        Tags.HTTP_RESPONSE_STATUS_CODE.set(span, status);
        if (status >= 400) span.errorOccurred();
        ContextManager.stopSpan();
        return result;
    }

    @Override
    public void handleMethodException(EnhancedInstance self, Method method, Object[] arguments, Class<?>[] types, Throwable error) {
        ContextManager.activeSpan().log(error);
    }
}
