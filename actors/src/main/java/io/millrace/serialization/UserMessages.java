package io.millrace.serialization;

import io.millrace.item.ItemCard;
import io.millrace.user.Interaction;
import io.millrace.user.InteractionKind;
import io.millrace.user.Leanings;
import io.millrace.user.Profile;
import io.millrace.user.UserActor;

/** Numbers 100 to 199: what users are told and answer. */
final class UserMessages {

  private UserMessages() {}

  static void register(WireTable table) {
    table.record(100, UserActor.RecordInteractions.class);
    table.record(101, UserActor.GetProfile.class);
    table.record(102, UserActor.Describe.class);
    table.record(103, UserActor.SetPreferences.class);
    table.record(104, UserActor.FindServed.class);
    table.record(105, UserActor.Serve.class);
    table.record(106, UserActor.Forget.class);
    table.record(107, UserActor.Export.class);
    table.record(108, UserActor.Merge.class);
    table.record(109, UserActor.Absorb.class);
    table.record(110, Interaction.class);
    table.record(111, Interaction.View.class);
    table.record(112, Interaction.Details.class);
    table.constants(113, InteractionKind.class);
    table.record(114, ItemCard.class);
    table.record(115, UserActor.Slot.class);
    table.record(116, UserActor.Versions.class);
    table.record(117, UserActor.Preferences.class);
    table.record(118, Profile.class);
    table.record(119, Profile.Taste.class);
    table.record(120, Leanings.class);
    table.record(130, UserActor.Recorded.class);
    table.record(131, UserActor.Result.class);
    table.record(132, UserActor.ProfileIs.class);
    table.record(133, UserActor.PreferencesSet.class);
    table.record(134, UserActor.Served.class);
    table.record(135, UserActor.Taken.class);
    table.record(136, UserActor.Replayed.class);
    table.record(137, UserActor.NotServed.class);
    table.record(138, UserActor.Described.class);
    table.record(139, UserActor.Recent.class);
    table.record(140, UserActor.Rejected.class);
    table.constants(141, UserActor.Reason.class);
    table.record(142, UserActor.Forgotten.class);
    table.record(143, UserActor.Exported.class);
    table.record(144, UserActor.Vanish.class);
    table.record(145, UserActor.Merged.class);
    table.record(146, UserActor.Absorbed.class);
  }
}
