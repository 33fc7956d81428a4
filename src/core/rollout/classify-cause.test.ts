import { describe, expect, it } from 'vitest';
import { classifyCause, type CauseEvidence } from './classify-cause.ts';

const crashed = { id: 'container-crashed', params: { exitCode: 1, restarts: 2, pod: 'orders-1' } };
const killed = { id: 'container-restarted', params: { restarts: 2, pod: 'orders-1' } };
const late = { id: 'deadline', params: { minutes: 10 } };
const seen = (evidence: Partial<CauseEvidence>): string | undefined => classifyCause({ reason: crashed, log: [], events: [], ...evidence })?.id;

describe('the cause of a failure', () => {
  it.each([
    ['agent-flag', 'Unrecognized option: -XX:+UseFoo'],
    ['agent-flag', "Unrecognized VM option 'MaxPermSize=256m'"],
    ['agent-flag', 'Error opening zip file or JAR manifest missing : /skywalking/agent/skywalking-agent.jar'],
    ['agent-flag', 'agent library failed to init: instrument'],
    ['agent-flag', 'agent library failed Agent_OnLoad: instrument'],
    ['agent-flag', 'Failed to find Premain-Class manifest attribute in /changeover/agent/javaagent.jar'],
    ['agent-flag', '*** java.lang.instrument ASSERTION FAILED ***: FATAL ERROR in native method: processing of -javaagent failed, processJavaStart failed'],
    ['agent-flag', 'Error: Could not find agent library jdwpx on the library path, with error: libjdwpx.so: cannot open shared object file'],
    ['agent-flag', "Error: could not open `/opt/app/jvm.args'"],
    ['agent-flag', 'JVMJ9VM007E Command-line option unrecognised: -XX:+Foo'],
    ['agent-flag', 'Invalid maximum heap size: -Xmx1x'],
    ['agent-flag', 'Error: Could not create the Java Virtual Machine.'],
    ['class-missing', 'Exception in thread "main" java.lang.NoClassDefFoundError: org/apache/skywalking/apm/toolkit/trace/TraceContext'],
    ['class-missing', 'Caused by: java.lang.ClassNotFoundException: org.apache.skywalking.apm.toolkit.log.logback.v1.x.TraceIdPatternLogbackLayout'],
    ['class-missing', 'java.lang.UnsupportedClassVersionError: io/opentelemetry/Foo has been compiled by a more recent version of the Java Runtime'],
    ['class-missing', 'java.lang.VerifyError: Bad type on operand stack'],
    ['class-missing', "java.lang.NoSuchMethodError: 'void io.grpc.ManagedChannelBuilder.foo()'"],
    ['class-missing', 'Error: Could not find or load main class com.example.Main'],
    ['oom', 'java.lang.OutOfMemoryError: Metaspace'],
    ['oom', 'Exception: java.lang.OutOfMemoryError thrown from the UncaughtExceptionHandler in thread "main"'],
    ['oom', '# There is insufficient memory for the Java Runtime Environment to continue.'],
    ['crash', 'INFO  started in 4.2 s'],
  ])('is %s for the log line "%s"', (id, line) => {
    expect(seen({ log: ['INFO starting', line, 'more'] })).toBe(id);
  });

  it.each([
    ['probe', killed, 'Unhealthy', 'Liveness probe failed: HTTP probe failed with statuscode: 503'],
    ['probe', killed, 'Killing', 'Container orders failed startup probe, will be restarted'],
    ['probe', late, 'Unhealthy', 'Readiness probe failed: Get "http://10.0.0.7:8080/health": dial tcp 10.0.0.7:8080: connect: connection refused'],
    ['image', late, 'Failed', 'Failed to pull image "registry.example.com/shop/orders:1": rpc error: code = NotFound'],
    ['capacity', late, 'FailedScheduling', '0/3 nodes are available: 3 Insufficient memory.'],
    ['admission', late, 'FailedCreate', 'Error creating: pods "orders-x" is forbidden: exceeded quota: compute'],
    ['oom', killed, 'OOMKilling', 'Memory cgroup out of memory: Killed process 4711 (java)'],
    ['crash', crashed, 'BackOff', 'Back-off restarting failed container orders in pod orders-1'],
  ])('is %s for %o with the event %s "%s"', (id, reason, event, message) => {
    expect(seen({ reason, events: [{ reason: event, message }] })).toBe(id);
  });

  it.each([
    ['oom', { id: 'out-of-memory', params: {} }],
    ['image', { id: 'image-pull', params: { detail: 'manifest unknown' } }],
    ['image', { id: 'container-config', params: { detail: "InvalidImageName: couldn't parse image name" } }],
    ['admission', { id: 'admission', params: { detail: 'exceeded quota' } }],
    ['probe', { id: 'readiness-flaps', params: { times: 2 } }],
    ['crash', { id: 'container-config', params: { detail: 'CreateContainerConfigError: configmap "x" not found' } }],
  ])('is %s where the verdict is %o', (id, reason) => {
    expect(seen({ reason })).toBe(id);
  });

  it('carries the line that shows it, and the better one of two', () => {
    const log = ['Error occurred during initialization of VM', 'Error: Could not create the Java Virtual Machine.', "Unrecognized VM option 'X'"];

    expect(classifyCause({ reason: crashed, log, events: [] })).toEqual({ id: 'agent-flag', line: "Unrecognized VM option 'X'" });
  });

  it('is the log of the process before the complaint of a probe that the dead process caused', () => {
    const events = [{ reason: 'Unhealthy', message: 'Readiness probe failed: connection refused' }];

    expect(seen({ log: ['java.lang.OutOfMemoryError: Java heap space'], events })).toBe('oom');
  });

  it('is not guessed where the verdict is about which agent runs', () => {
    expect(seen({ reason: { id: 'two-agents', params: {} } })).toBeUndefined();
  });
});
