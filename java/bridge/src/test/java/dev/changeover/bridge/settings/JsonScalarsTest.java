package dev.changeover.bridge.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class JsonScalarsTest {
  @Test
  void readsScalarsAndPassesOverTheRest() {
    String json = " { \"a\" : \"x\\n\\u00e9\\\"\" , \"n\": null, \"o\": {\"b\": [1, {}, []]}, \"l\": [\"c\"], \"i\": 12, \"d\": -0.5, \"e\": 1e3, \"f\": 2.0, \"t\": true } ";

    assertEquals("{a=x\né\", i=12, d=-0.5, e=1000, f=2, t=true}", JsonScalars.parse(json).toString());
    assertEquals("{}", JsonScalars.parse("{}").toString());
    assertEquals("{a=2}", JsonScalars.parse("{\"a\":1,\"a\":2}").toString());
    assertEquals("{}", JsonScalars.parse("{\"a\":1,\"a\":null}").toString());
  }

  @Test
  void isEmptyForWhatIsNoObject() {
    String deep = new String(new char[100_000]).replace("\0", "[");
    String[] malformed = {
      "", " ", "{", "[]", "\"a\"", "1", "{a:1}", "{'a':1}", "{\"a\":1,}", "{\"a\":1}x", "{\"a\" 1}", "{\"a\":01}", "{\"a\":+1}", "{\"a\":\"\n\"}", "{\"a\":\"\\x\"}",
      "{\"a\":\"\\u00g0\"}", "{\"a\":tru}", "{\"a\":\"b", "{\"a\":" + deep, "null",
    };

    for (String text : malformed) assertEquals("{}", JsonScalars.parse(text).toString(), text);
  }
}
