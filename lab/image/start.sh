#!/bin/sh
# What many services have: a script of their own in front of the server's.
set -e
umask 027
exec /usr/share/tomcat10/bin/catalina.sh "${@:-run}"
