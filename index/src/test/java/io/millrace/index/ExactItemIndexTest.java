package io.millrace.index;

/** The exact index keeps the contract. */
class ExactItemIndexTest extends ItemIndexContract {

  @Override
  ItemIndex newIndex() {
    return new ExactItemIndex();
  }
}
