/**
 * Vectors of users and items that each actor can learn alone, on frozen generations.
 *
 * <pre>
 * Interactions -> GenerationTrainer -> Generation -> GenerationCheck -> adopted or refused
 *                                          |-> FoldIn: facts on item vectors -> a user's vector
 *                                          `-> FoldIn: evidence of user vectors -> an item's live vector
 * Content -> ContentEncoder -> RidgeMap -> the prior that both start from
 * </pre>
 */
@org.jspecify.annotations.NullMarked
package io.millrace.model.taste;
