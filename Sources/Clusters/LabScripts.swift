/// The shell scripts that make a lab out of namespaces; they end up beside the lab's record.
///
/// The processes form one tree: the holder (`unshare`) has the lab's pid 1 as child, which owns the bridge in a network
/// namespace of its own; each host's pid 1 is below it in a nested pid namespace. So killing one process ends everything:
/// the kernel then takes down processes, mounts, bridge and cables. Outside of the namespaces there is one interface.
enum LabScripts {
    private static let prelude = """
        set -eu
        umask 022
        PATH=\(LabTools.searchPath.joined(separator: ":"))
        export PATH

        """

    /// `bash hold.sh LAB`: puts itself on record, then becomes the holder of the namespaces.
    ///
    /// It closes what it inherited: a lab must not keep pipes and files of its starter open. Only bash among shells can
    /// close descriptors above 9.
    static let hold =
        prelude + """
            lab=$1
            cd /
            exec </dev/null >>"$lab/lab.log" 2>&1
            for path in /proc/$$/fd/*; do
                number=${path##*/}
                # bash keeps this script itself open at 255 and closes it by itself.
                if [ "$number" -gt 2 ] && [ "$number" -ne 255 ]; then eval "exec $number>&-"; fi
            done
            stat=$(cat /proc/$$/stat)
            start=$(echo "${stat##*) }" | cut -d ' ' -f 20)
            echo "$$ $start" >"$lab/holder.new"
            mv "$lab/holder.new" "$lab/holder"
            exec unshare --fork --kill-child --pid --mount --mount-proc --net --uts --ipc sh "$lab/lab.sh" "$lab"

            """

    /// `sh lab.sh LAB`, pid 1 of the lab: the bridge and the hosts; ends, and everything with it, with the controller.
    static let lab =
        prelude + """
            lab=$1
            exec 3<"$lab/owner"
            hostname=$(basename "$lab")
            echo "$hostname" >/proc/sys/kernel/hostname
            ip -batch - <<END
            link set lo up
            link add lab0 type bridge
            link set lab0 addrgenmode none
            link set lab0 up
            END
            while read -r name address address6 disk; do
                (
                    exec 3<&- >>"$lab/$name/log" 2>&1
                    unshare --fork --kill-child --pid --mount --net --uts --ipc \\
                        sh "$lab/host.sh" "$lab" "$name" "$address" "$address6" "$disk" || echo "pid 1 ended with $?"
                    : >"$lab/$name/ended"
                ) &
            done <"$lab/plan"
            : >"$lab/switch-ready"
            # A word means that the lab stands by itself from now on; an end of file that its controller is gone.
            if read -r word <&3 && [ "$word" = persist ]; then
                exec 3<&-
                wait
            fi

            """

    /// What a host's log says once its network and mounts are there.
    ///
    /// Who connects before leaves an unanswered address resolution behind, and waits a whole second for the next one.
    static let bootedLine = "booted, starting sshd"

    /// `sh host.sh LAB NAME ADDRESS ADDRESS6 DISK`, pid 1 of a host: network, mounts, sshd; reaps whatever is orphaned
    /// on the host.
    static let host =
        prelude + """
            lab=$1 name=$2 address=$3 address6=$4 disk=$5
            # /proc is still the lab's: its pid 1 holds the bridge.
            ip -batch - <<END
            link set lo up
            link add eth0 type veth peer name $name netns /proc/1/ns/net
            link set eth0 addrgenmode none
            address add $address/24 dev eth0
            link set eth0 up
            END
            # Some machines have no IPv6, and then nobody asks for it.
            ip address add "$address6/64" dev eth0 nodad || true
            nsenter --target 1 --net ip link set "$name" master lab0 addrgenmode none up
            echo "$name" >/proc/sys/kernel/hostname

            # The new /run is filled before it hides the old one, where the lab's files lie.
            mount --no-mtab -t tmpfs -o mode=755,nosuid,nodev,size=256m tmpfs "$lab/$name/run"
            mkdir "$lab/$name/run/sshd" "$lab/$name/run/lock" "$lab/$name/run/lab"
            cp -R -p "$lab/$name/ssh" "$lab/$name/run/lab/ssh"
            cp "$lab/hosts" "$lab/$name/run/lab/hosts"
            # sshd without PAM refuses a locked account, which root is on some images.
            sed 's/^root:![^:]*:/root:*:/' /etc/shadow >"$lab/$name/run/lab/shadow"
            chmod 600 "$lab/$name/run/lab/shadow"
            mount --no-mtab --bind "$disk" \(ClusterHost.defaultStateDirectory)
            mount --no-mtab --move "$lab/$name/run" /run
            mount --no-mtab -t tmpfs -o mode=1777,nosuid,nodev tmpfs /tmp
            mount --no-mtab -t tmpfs -o mode=1777,nosuid,nodev tmpfs /var/tmp
            mount --no-mtab -t tmpfs -o mode=1777,nosuid,nodev tmpfs /dev/shm
            # Not this machine's home: what a login there starts may leave locks behind when the host is killed.
            home=$(sed -n 's/^root:[^:]*:[^:]*:[^:]*:[^:]*:\\([^:]*\\):.*/\\1/p' /etc/passwd)
            if [ "${home:-/}" != / ] && [ -d "$home" ]; then
                mount --no-mtab -t tmpfs -o mode=700,nosuid,nodev tmpfs "$home"
            fi
            mount --no-mtab --bind /run/lab/hosts /etc/hosts
            mount --no-mtab --bind /run/lab/shadow /etc/shadow
            mount --no-mtab -t sysfs -o ro,nosuid,nodev,noexec sysfs /sys
            mount --no-mtab -t proc -o nosuid,nodev,noexec proc /proc

            sshd=$(command -v sshd)
            "$sshd" -t -f /run/lab/ssh/sshd_config
            echo "\(bootedLine)"
            set +e
            # `wait` collects every child, adopted orphans among them, also while it waits for one.
            while :; do
                "$sshd" -D -e -f /run/lab/ssh/sshd_config &
                wait $!
                echo "sshd ended with $?; starting it again in 1 s"
                sleep 1 &
                wait $!
            done

            """

    /// sshd's settings on one host: keys only, and Debian's limits on sessions and start-ups, which a real lab has too.
    static func sshdConfig(addresses: [String], hostKeys: [HostKeyType]) -> String {
        let keys = hostKeys.map { "HostKey /run/lab/ssh/\($0.fileName)\n" }.joined()
        let listens = addresses.map { "ListenAddress \($0)\n" }.joined()
        return keys + listens + """
            Port 22
            AuthorizedKeysFile /run/lab/ssh/authorized_keys
            PidFile /run/sshd.pid
            AllowUsers root
            PermitRootLogin prohibit-password
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            UsePAM no
            UseDNS no
            PrintMotd no
            PrintLastLog no
            X11Forwarding no
            LogLevel VERBOSE
            Subsystem sftp internal-sftp

            """
    }
}

/// The kinds of keys by which a host proves that it is the one meant.
public enum HostKeyType: String, CaseIterable, Codable, Hashable, Sendable {
    case ed25519, ecdsa, rsa

    var fileName: String { "ssh_host_\(rawValue)_key" }
}
