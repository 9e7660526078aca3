"""lobby"""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Plain ALTERs: rebuilding a table that others refer to fails on SQLite with foreign keys on.
    op.add_column('round', sa.Column('starts_at', sa.BigInteger(), nullable=True))
    op.add_column('round', sa.Column('starts_at_once', sa.Boolean(), nullable=False, server_default=sa.false()))
    drafts = 'SELECT id FROM challenge WHERE published_at IS NULL'
    op.execute(f'UPDATE round SET position = -1 WHERE challenge_id IN ({drafts})')
    # The blueprints whose challenges start at once by default.
    contests = "blueprint IN ('idea_contest', 'design_contest', 'open_contest')"
    op.execute(sa.text(
        f'UPDATE round SET starts_at_once = :yes WHERE challenge_id IN ({drafts} AND {contests})'
    ).bindparams(sa.bindparam('yes', True, sa.Boolean())))


def downgrade() -> None:
    # Without a lobby a published challenge is in its first phase, whose clock a facilitator starts.
    op.execute('UPDATE round SET position = 0 WHERE position = -1')
    op.drop_column('round', 'starts_at_once')
    op.drop_column('round', 'starts_at')
