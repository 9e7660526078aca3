"""names that look alike"""

import sqlalchemy as sa
from alembic import op

from ideas.names import look_key

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None

participants = sa.table(
    'participant', sa.column('id', sa.Integer), sa.column('challenge_id', sa.Integer), sa.column('name', sa.String),
    sa.column('look_key', sa.String),
)  # fmt: skip


def upgrade() -> None:
    with op.batch_alter_table('participant') as table:
        table.add_column(sa.Column('look_key', sa.String(length=80), nullable=True))
    connection, seen = op.get_bind(), set()
    query = sa.select(participants.c.id, participants.c.challenge_id, participants.c.name).order_by(participants.c.id)
    for participant_id, challenge_id, name in connection.execute(query).all():
        key = look_key(name)
        if not name or (challenge_id, key) in seen:
            key = f' {participant_id}'  # people who look alike stay; no typed name has such a key
        seen.add((challenge_id, key))
        connection.execute(participants.update().where(participants.c.id == participant_id).values(look_key=key))
    with op.batch_alter_table('participant') as table:
        table.alter_column('look_key', existing_type=sa.String(length=80), nullable=False)
        table.create_unique_constraint(op.f('uq_participant_challenge_id_look_key'), ['challenge_id', 'look_key'])


def downgrade() -> None:
    with op.batch_alter_table('participant') as table:
        table.drop_constraint(op.f('uq_participant_challenge_id_look_key'), type_='unique')
        table.drop_column('look_key')
