package io.millrace.user;

import io.millrace.item.Catalogue;
import io.millrace.serialization.UserCipher;
import java.time.InstantSource;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;

/**
 * What users need of their node.
 *
 * @param clock the server's; event time in evaluation
 * @param cipher holds the keys of what is stored
 * @param users tells another user, by entity id
 * @param storeHealthy whether a write begun now may be expected to be acknowledged soon
 */
public record UserDependencies(
    InstantSource clock,
    UserCipher cipher,
    Catalogue catalogue,
    BiConsumer<String, UserActor.Command> users,
    BooleanSupplier storeHealthy,
    UserSettings settings) {}
