extension Array {
    /// Columns hold positions and numbers as `Int32`; this is the element at one of them.
    subscript(_ position: Int32) -> Element {
        get { self[Int(position)] }
        set { self[Int(position)] = newValue }
    }
}
