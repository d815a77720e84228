# perl.sh - hashes, regular expressions, sorting, strings that grow.
#
# SPDX-License-Identifier: GPL-2.0-or-later
need perl

prepare() {
	cat >"$in/work.pl" <<-'PL'
	use strict; use warnings;
	my (%n, @l);
	for my $i (1 .. 60000) {
		my $w = sprintf("w%05d", $i * 7919 % 20011);
		$n{$w}++;
		push @l, "$w-$i" if $w =~ /^w(\d)\d*\1$/;
	}
	print scalar(keys %n), " ", scalar(@l), "\n";
	my $s = join ",", map { "$_=$n{$_}" } sort keys %n;
	$s =~ s/w(\d+)=(\d)/$2:$1/g;
	print length($s), " ", substr($s, 0, 40), "\n";
	print STDERR "done\n";
	PL
}

work() {
	"$@" perl "$in/work.pl"
}
