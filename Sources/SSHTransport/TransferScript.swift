/// The shell programs that files travel through; their arguments are `$1`, `$2`, ..., never part of the text.
enum TransferScript {
    /// Precedes the words with which the upload answers, so that noise of the login shell is not taken for them.
    static let mark = "inquest-upload:"

    /// `$1` path, `$2` SHA-256, `$3` octal mode. Answers `same` and ends, or `send` and then reads the content.
    ///
    /// The content arrives beside its place and is renamed into it when its digest is right, so that nobody ever sees half
    /// a file; a cut connection ends the input, the digest is wrong, and what arrived is removed.
    static let upload = """
        set -eu
        umask 077
        digest() { sha256sum | cut -c1-64; }
        if [ -f "$1" ] && [ "$(digest <"$1")" = "$2" ]; then
            chmod "$3" -- "$1"
            echo "\(mark)same"
            exit 0
        fi
        directory=$(dirname -- "$1" && echo x)
        directory=${directory%?x}
        (umask 022; mkdir -p -- "$directory")
        case $directory in /*) ;; *) directory=./$directory ;; esac
        temporary=$(mktemp "$directory/.inquest-upload.XXXXXX" && echo x)
        temporary=${temporary%?x}
        trap 'rm -f -- "$temporary"' EXIT
        trap 'exit 1' HUP INT PIPE TERM
        echo "\(mark)send"
        cat >"$temporary"
        if [ "$(digest <"$temporary")" != "$2" ]; then
            echo "what arrived has another digest" >&2
            exit 1
        fi
        chmod "$3" -- "$temporary"
        mv -fT -- "$temporary" "$1"
        trap - EXIT
        """

    /// `$1` path, `$2` the most bytes that are wanted. The digest goes to standard error, the content to standard output.
    ///
    /// What is longer is refused anyway: its digest is that of its beginning, so that a file without end keeps nothing busy
    /// on the host when nobody listens any more.
    static let download = """
        set -eu
        head -c "$2" <"$1" | sha256sum | cut -c1-64 >&2
        exec cat <"$1"
        """
}
