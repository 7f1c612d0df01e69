package io.millrace.persistence;

import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.Serializer;
import org.apache.pekko.serialization.Serializers;

/** An object as one of Pekko's serializers wrote it. */
@SuppressWarnings("ArrayRecordComponent") // short-lived, never compared
record Payload(int serializerId, String manifest, byte[] bytes) {

  static Payload of(Serialization serialization, Object object) {
    Serializer serializer = serialization.findSerializerFor(object);
    return new Payload(
        serializer.identifier(),
        Serializers.manifestFor(serializer, object),
        serialization.serialize(object).get());
  }

  Object read(Serialization serialization) {
    return serialization.deserialize(bytes, serializerId, manifest).get();
  }
}
