#!/bin/sh
# A start script that names the agent itself: the deployment only says where the backend is.
set -e
cd /app
exec java $JAVA_OPTS -Dfile.encoding=UTF-8 -javaagent:/opt/skywalking/skywalking-agent.jar -Dskywalking.agent.service_name=legacy -Duser.timezone=UTC -jar /app/app.jar
