package org.skywalking.apm.toolkit.log.log4j.v1.x;

/** Stands for the toolkit's class for Log4j 1, which is published no more, under the package it had first. */
public class TraceIdPatternConverter {
  public String convert(Object event) {
    return "TID: N/A";
  }
}
