import { describe, expect, it } from 'vitest';
import { factsOf } from '../../../test/builders/image-facts.ts';
import { findAgents } from './find-agents.ts';

const SKYWALKING = '/opt/skywalking/skywalking-agent.jar';
const config = { '/opt/skywalking/config/agent.config': 'agent.service_name=${SW_AGENT_NAME:orders}\n' };

describe('finding the agents of an image', () => {
  it('says which of its options name an agent', () => {
    const facts = factsOf(
      { [SKYWALKING]: '', ...config, '/app/start.sh': `#!/bin/sh\nexec java -javaagent:${SKYWALKING} -jar a.jar\n` },
      { entrypoint: ['/app/start.sh'], env: [['JAVA_TOOL_OPTIONS', `-javaagent:${SKYWALKING}`]] },
    );

    const { agents } = findAgents(facts);

    expect(agents).toHaveLength(1);
    expect(agents[0]).toMatchObject({ id: 'skywalking', jarPath: SKYWALKING, namedBy: ['image ENV JAVA_TOOL_OPTIONS', 'image file /app/start.sh'] });
    expect(agents[0]?.settings['agent.service_name']).toMatchObject({ value: 'orders', source: '/opt/skywalking/config/agent.config' });
  });

  it('finds an agent that nothing in the image names, also where the image starts no JVM', () => {
    const facts = factsOf({ [SKYWALKING]: '', ...config, '/opt/skywalking/plugins/apm-tomcat-plugin-9.4.0.jar': '' }, { entrypoint: ['/bin/sh'] });

    const { agents } = findAgents(facts);

    expect(agents).toMatchObject([{ id: 'skywalking', version: '9.4.0', jarPath: SKYWALKING, namedBy: [] }]);
  });

  it('names a jar by the place where it lies, and the links that lead to it', () => {
    const facts = factsOf(
      { '/data/sw/skywalking-agent.jar': '', '/opt/': '', '/opt/agent.jar': '-> /data/sw/skywalking-agent.jar' },
      { env: [['JAVA_TOOL_OPTIONS', '-javaagent:/opt/agent.jar']] },
    );

    const { agents } = findAgents(facts);

    expect(agents).toMatchObject([{ jarPath: '/data/sw/skywalking-agent.jar', links: ['/opt/agent.jar'], namedBy: ['image ENV JAVA_TOOL_OPTIONS'] }]);
  });

  it('shows an agent nobody knows only where it is named', () => {
    const files = { '/opt/their-agent.jar': '', '/opt/other-agent.jar': '' };

    const { agents } = findAgents(factsOf(files, { env: [['JAVA_TOOL_OPTIONS', '-javaagent:/opt/their-agent.jar']] }));

    expect(agents).toMatchObject([{ id: 'unknown', jarPath: '/opt/their-agent.jar' }]);
  });

  it('takes the path that is named where the layers were not read', () => {
    const { agents } = findAgents(factsOf(undefined, { env: [['JAVA_TOOL_OPTIONS', `-javaagent:${SKYWALKING}`]] }));

    expect(agents).toMatchObject([{ id: 'skywalking', jarPath: SKYWALKING, links: [] }]);
  });
});
